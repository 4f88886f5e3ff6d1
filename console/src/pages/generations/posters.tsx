import { createContext, useContext, useEffect, useMemo, useRef, useState } from 'react';
import { useReelgraph } from '../../../../client/src/react/index.ts';
import { KeptVideosDocument, type RowFragment } from '../../../generated/graphql.ts';
import { texts } from '../../texts.ts';

/** Rows that come into view together are asked for together. */
const gatherMs = 150;
const mostAtOnce = 100;

interface Links {
  urls: ReadonlyMap<string, string>;
  want: (id: string) => void;
  /** What does not lead to a video any more is asked for again, once it is wanted. */
  drop: (id: string) => void;
}

const LinksContext = createContext<Links | null>(null);

/** Gathers which videos are in view, and asks for the links of those that have none yet. */
export function PosterLinks({ children }: { children: React.ReactNode }) {
  const client = useReelgraph();
  const [urls, setUrls] = useState<ReadonlyMap<string, string>>(new Map());
  const wanted = useRef(new Set<string>());
  const asked = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const actions = useMemo(() => {
    const ask = async () => {
      const ids = [...wanted.current].slice(0, mostAtOnce);
      ids.forEach((id) => wanted.current.delete(id) && asked.current.add(id));
      try {
        const { generations } = await client.request(KeptVideosDocument, { ids });
        const found = generations.nodes.flatMap(({ id, videoUrl }) =>
          videoUrl ? [[id, hereOf(videoUrl)] as const] : [],
        );
        setUrls((before) => new Map([...before, ...found]));
      } catch {
        // A picture is no reason for an alarm: it is asked for again when it next comes into view.
        ids.forEach((id) => asked.current.delete(id));
      }
      if (wanted.current.size > 0) await ask();
    };
    return {
      want: (id: string) => {
        if (asked.current.has(id)) return;
        wanted.current.add(id);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => void ask(), gatherMs);
      },
      drop: (id: string) => {
        asked.current.delete(id);
        setUrls((before) => new Map([...before].filter(([each]) => each !== id)));
      },
    };
  }, [client]);
  const links = useMemo(() => ({ urls, ...actions }), [urls, actions]);
  return <LinksContext.Provider value={links}>{children}</LinksContext.Provider>;
}

/** Under the name by which this page was opened: the service may have several. */
function hereOf(url: string): string {
  const { pathname, search } = new URL(url, location.href);
  return pathname + search;
}

/**
 * The first picture of a video that is kept here, read when its row is in view and let go when it is
 * not: a browser holds some dozens of players only. Its place is as large without a picture.
 */
export function Poster({ row }: { row: RowFragment }) {
  const links = useContext(LinksContext)!;
  const place = useRef<HTMLDivElement>(null);
  const [isInView, setInView] = useState(false);
  const isKept = row.archive?.state === 'STORED';
  useEffect(() => {
    if (!isKept) return;
    const watcher = new IntersectionObserver((entries) =>
      setInView(entries.at(-1)!.isIntersecting),
    );
    watcher.observe(place.current!);
    return () => watcher.disconnect();
  }, [isKept]);
  const { want, drop } = links;
  useEffect(() => {
    if (isKept && isInView) want(row.id);
  }, [isKept, isInView, want, row.id]);
  const url = isKept && isInView ? links.urls.get(row.id) : undefined;
  return (
    <div className="poster" ref={place}>
      {url && (
        <video
          src={`${url}#t=0.001`}
          muted
          playsInline
          preload="metadata"
          disablePictureInPicture
          tabIndex={-1}
          role="img"
          aria-label={texts.list.firstPicture}
          onError={() => drop(row.id)}
        />
      )}
    </div>
  );
}
