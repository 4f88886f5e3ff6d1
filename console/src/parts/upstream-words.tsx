import { Text } from '@mantine/core';
import { texts } from '../texts.ts';
import { Foreign } from './foreign.tsx';

/** What MiniMax gave as the reason, or what kept it from answering. */
export function UpstreamWords(props: {
  failure: { upstreamCode: number | null; upstreamMessage: string | null } | null;
}) {
  const { upstreamCode = null, upstreamMessage = null } = props.failure ?? {};
  if (!upstreamMessage) return null;
  return (
    <Text size="sm" mt={4}>
      {upstreamCode === null ? texts.generation.ourWords : texts.generation.upstreamSays}{' '}
      <Foreign text={upstreamMessage} />
      {upstreamCode !== null && ` (${upstreamCode})`}
    </Text>
  );
}
