/** Videos in 2K with sound, by MiniMax's second generation: from text, or of what pictures show. */
import {
  ValidateVideoGenerationDocument,
  type CreateVideoGenerationInput,
  type ReelgraphClient,
  type VideoRun,
} from '../src/index.ts';

export interface Wish {
  prompt: string;
  /** Files as a page's `<input type="file">` gives them, or public URLs; the prompt calls them image 1, image 2 and so on. */
  pictures?: readonly (Blob | string)[];
  /** 4 to 15. */
  seconds?: number;
}

export async function inputFor({
  prompt,
  pictures = [],
  seconds = 5,
}: Wish): Promise<CreateVideoGenerationInput> {
  return {
    ...{ model: 'MiniMax-H3', resolution: '2K', duration: seconds, prompt },
    // Needed where no picture tells it.
    aspectRatio: '16:9',
    ...(pictures.length > 0 && { referenceImages: await Promise.all(pictures.map(urlOf)) }),
  };
}

/** What it would cost in US dollars as decimal text, null when nobody knows, and what is to be minded. */
export async function priceOf(
  client: ReelgraphClient,
  input: CreateVideoGenerationInput,
): Promise<{ usd: string | null; remarks: string[] }> {
  const { validateVideoGeneration: check } = await client.request(ValidateVideoGenerationDocument, {
    input,
  });
  const remarks = [...check.userErrors, ...check.warnings].map(({ message }) => message);
  return { usd: check.estimatedPrice?.amount ?? null, remarks };
}

/** Paid for when it is iterated, or its `result()` asked for. */
export function makeVideo(client: ReelgraphClient, input: CreateVideoGenerationInput): VideoRun {
  return client.generateVideo(input);
}

async function urlOf(picture: Blob | string): Promise<string> {
  if (typeof picture === 'string') return picture;
  const bytes = new Uint8Array(await picture.arrayBuffer());
  let text = '';
  // Not all at once: there is a limit on the number of arguments.
  for (let at = 0; at < bytes.length; at += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  // The service reads the type from the bytes, should the browser not know it.
  return `data:${picture.type};base64,${btoa(text)}`;
}
