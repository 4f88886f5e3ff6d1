import { Alert, Button, Container, Paper, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useEffect, useState, type FormEvent } from 'react';
import { findWayIn, goToIssuer, type OidcPlace } from '../api/oidc.ts';
import { texts } from '../texts.ts';

export function SignIn(props: {
  signIn: (key: string) => Promise<string | null>;
  reason: string | null;
}) {
  const [key, setKey] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const [place, setPlace] = useState<OidcPlace | null>(null);
  useEffect(() => {
    // Without an answer there is still the key.
    findWayIn().then(
      ({ oidc }) => setPlace(oidc),
      () => undefined,
    );
  }, []);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (key.trim() === '') return setProblem(texts.signIn.keyMissing);
    setAsking(true);
    const refusal = await props.signIn(key.trim());
    setAsking(false);
    setProblem(refusal);
  };
  return (
    <Container size={460} py={60} component="main">
      <title>{`${texts.signIn.title} · Reelgraph`}</title>
      <Stack>
        <Title order={1}>Reelgraph</Title>
        {props.reason && (
          <Alert color="red" variant="outline" role="alert" title={props.reason}>
            {texts.signIn.refusedHelp}
          </Alert>
        )}
        {place && (
          <Paper withBorder p="lg">
            <Button fullWidth onClick={() => void goToIssuer(place)}>
              {texts.signIn.at.replace('{issuer}', place.issuer)}
            </Button>
          </Paper>
        )}
        <Paper withBorder p="lg">
          <form onSubmit={(event) => void submit(event)} noValidate>
            <Stack>
              <Text>{texts.signIn.about}</Text>
              {/* Managers of passwords want a name to go with one. */}
              <input
                name="username"
                autoComplete="username"
                defaultValue="reelgraph"
                hidden
                aria-hidden
              />
              <PasswordInput
                label={texts.signIn.key}
                name="key"
                autoComplete="current-password"
                value={key}
                onChange={(event) => setKey(event.currentTarget.value)}
                error={problem}
                visibilityToggleButtonProps={{ 'aria-label': texts.signIn.show, tabIndex: 0 }}
                data-autofocus
              />
              <Button type="submit" loading={isAsking}>
                {texts.signIn.submit}
              </Button>
              <Text size="sm" c="dimmed">
                {texts.signIn.held}
              </Text>
            </Stack>
          </form>
        </Paper>
        <Text size="sm" c="dimmed">
          {texts.signIn.noKey} <code>npm run keys -- create --caller me --role admin</code>
        </Text>
      </Stack>
    </Container>
  );
}
