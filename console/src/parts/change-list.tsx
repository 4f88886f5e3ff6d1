import { texts } from '../texts.ts';
import type { Change } from './changes.ts';
import { Foreign } from './foreign.tsx';

/** What was, and what came in its place. */
export function ChangeList({ changes }: { changes: readonly Change[] }) {
  if (changes.length === 0) return null;
  return (
    <ul className="changes">
      {changes.map(({ name, before, after }) => (
        <li key={name}>
          <span>{name}: </span>
          <del>{before === null ? texts.audit.nothing : <Foreign text={before} />}</del>
          {' → '}
          <ins>
            <Foreign text={after} />
          </ins>
        </li>
      ))}
    </ul>
  );
}
