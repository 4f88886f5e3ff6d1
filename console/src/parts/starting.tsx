import { Center, Loader, Stack, Text } from '@mantine/core';
import { useAwaySince } from '../api/connection.ts';
import { texts } from '../texts.ts';

/** Until it is known whether a key is needed. */
export function Starting() {
  const awaySince = useAwaySince();
  return (
    <Center mih="60vh" p="md">
      <Stack align="center" role="status">
        <Loader aria-hidden />
        <Text>{awaySince === null ? texts.starting : texts.away.long}</Text>
      </Stack>
    </Center>
  );
}
