import { Alert, Anchor, Button, Stack, Title } from '@mantine/core';
import { Link, type ErrorComponentProps } from '@tanstack/react-router';
import { texts } from '../texts.ts';

export function NotFound() {
  return (
    <Stack>
      <Title order={1}>{texts.notFound.title}</Title>
      <Anchor renderRoot={(props) => <Link to="/" {...props} />}>{texts.notFound.home}</Anchor>
    </Stack>
  );
}

/** Something of the console itself went wrong; most often it was updated since the page was loaded. */
export function Broken({ error }: ErrorComponentProps) {
  return (
    <Alert color="red" variant="outline" role="alert" title={texts.broken.title}>
      <Stack align="flex-start">
        <span>{texts.broken.help}</span>
        <code>{(error as Error).message}</code>
        <Button onClick={() => location.reload()}>{texts.broken.reload}</Button>
      </Stack>
    </Alert>
  );
}
