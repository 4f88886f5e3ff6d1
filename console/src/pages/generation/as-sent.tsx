import { indented, Raw } from '../../parts/raw.tsx';
import { texts } from '../../texts.ts';
import type { Detail } from './page.tsx';

/** What goes to MiniMax, and whether that is known to be what left. */
export function AsSent({ generation: { requestAsSent, submissions } }: { generation: Detail }) {
  if (requestAsSent === null) return null;
  const { path, body, bodyHash } = requestAsSent;
  const isSame = bodyHash !== null && submissions.some((sent) => sent.bodyHash === bodyHash);
  const t = texts.generation;
  const head = `${isSame ? t.sameAsSent : t.perhapsOther}\n\nPOST ${path}\n`;
  return <Raw value={head + indented(body)} label={t.asSent} />;
}
