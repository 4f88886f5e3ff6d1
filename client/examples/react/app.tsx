/** A page with a form and a gallery, made of the hooks of `@reelgraph/client/react`. */
import { createReelgraphClient, InvalidInputError } from '@reelgraph/client';
import { ReelgraphProvider, useGenerateVideo, useGenerations } from '@reelgraph/client/react';
import { useState, type FormEvent } from 'react';
import { createRoot } from 'react-dom/client';

// Once, outside of all components. A real page gives `apiKey` the token of whoever is signed in.
const url = new URLSearchParams(location.search).get('api') ?? '/graphql';
const client = createReelgraphClient({ url });

function MakeVideo() {
  const [prompt, setPrompt] = useState('');
  const { generate, generation, error, isRunning } = useGenerateVideo();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void generate({ model: 'MiniMax-Hailuo-02', prompt });
  };
  return (
    <form onSubmit={submit}>
      <label>
        What is to be seen
        <input value={prompt} onChange={(event) => setPrompt(event.currentTarget.value)} />
      </label>
      <button disabled={isRunning}>Make it</button>
      <p role="status">{generation?.status}</p>
      {error instanceof InvalidInputError
        ? error.userErrors.map(({ code, message }) => <p key={code}>{message}</p>)
        : error && <p>{error.message}</p>}
      {generation?.videoUrl && <video src={generation.videoUrl} controls muted />}
    </form>
  );
}

function Gallery() {
  const { generations, newCount, refresh, hasMore, loadMore } = useGenerations({ pageSize: 12 });
  return (
    <section>
      {newCount > 0 && <button onClick={refresh}>{newCount} new</button>}
      <ul>
        {generations.map(({ id, prompt, status }) => (
          <li key={id}>
            {status}: {prompt}
          </li>
        ))}
      </ul>
      {hasMore && <button onClick={loadMore}>More</button>}
    </section>
  );
}

createRoot(document.getElementById('app')!).render(
  <ReelgraphProvider client={client}>
    <MakeVideo />
    <Gallery />
  </ReelgraphProvider>,
);
