import { Stack } from '@mantine/core';
import type { CheckQuery } from '../../../generated/graphql.ts';
import { inputsOf, type Model } from './form.ts';

export type Check = CheckQuery['validateVideoGeneration'];

/** What the check says beside the fields: warnings, and problems of fields that are not shown. */
export function Remarks({ check, model }: { check: Check | undefined; model: Model }) {
  if (!check) return null;
  const media = inputsOf(model).map(({ field }) => field);
  const shown = new Set(['prompt', 'resolution', 'duration', 'aspectRatio', 'tags', ...media]);
  const others = check.userErrors.filter(({ field }) => !field.some((part) => shown.has(part)));
  if (others.length + check.warnings.length === 0) return null;
  return (
    <Stack gap={4} role="status">
      {others.map(({ message }) => (
        <div key={message} className="note bad">
          {message}
        </div>
      ))}
      {check.warnings.map(({ message }) => (
        <div key={message} className="note warn">
          {message}
        </div>
      ))}
    </Stack>
  );
}
