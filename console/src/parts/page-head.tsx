import { Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** The heading of a page, which is the title of its tab too, and what can be done on it. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Group justify="space-between" mb="md" gap="xs">
      <title>{`${title} · Reelgraph`}</title>
      <Title order={1}>{title}</Title>
      {children && <Group gap="xs">{children}</Group>}
    </Group>
  );
}
