import { Card, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { ProviderDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Facts } from '../../parts/facts.tsx';
import { ErrorNote, Waiting } from '../../parts/feedback.tsx';
import { Foreign } from '../../parts/foreign.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { TimeWithUtc } from '../../parts/time.tsx';
import { useSession } from '../../session.tsx';
import { texts } from '../../texts.ts';

const everyMs = 15_000;

/** How the service stands with MiniMax, and who is signed in. */
export function Accounts() {
  const { me } = useSession();
  const answer = useAnswer(ProviderDocument, {}, { everyMs });
  const t = texts.accounts;
  const provider = answer.data?.providerStatus;
  return (
    <>
      <PageHead title={texts.pages.accounts} />
      <Stack>
        <ErrorNote error={answer.error} retry={() => void answer.refetch()} />
        {answer.isLoading && <Waiting />}
        {provider && (
          <>
            <div className={`note ${provider.pause ? 'bad' : 'good'}`} role="status">
              {provider.pause ? (
                <>
                  {texts.overview.paused} <Foreign text={provider.pause.message} />{' '}
                  {texts.overview.until} <TimeWithUtc at={provider.pause.until} />
                </>
              ) : (
                t.sending
              )}
            </div>
            {provider.simulated && <div className="note calm">{t.simulated}</div>}
            <SimpleGrid cols={{ base: 1, md: 3 }}>
              {provider.sending.map((limits) => (
                <Card key={limits.apiGeneration} withBorder>
                  <Title order={2} mb="sm">
                    {texts.make.generations[limits.apiGeneration === 2 ? 2 : 1]}
                  </Title>
                  <Facts
                    facts={[
                      [t.perMinute, limits.requestsPerMinute ?? t.anyNumber],
                      [t.used, limits.usedInLastMinute],
                      [t.inFlight, limits.inFlight],
                    ]}
                  />
                </Card>
              ))}
              <Card withBorder>
                <Title order={2} mb="sm">
                  {t.balance}
                </Title>
                {provider.balance ? (
                  <Facts
                    facts={[
                      [t.available, provider.balance.available],
                      [t.cash, provider.balance.cash],
                      [t.credit, provider.balance.credit],
                      [t.voucher, provider.balance.voucher],
                      [t.owed, provider.balance.owed],
                    ]}
                  />
                ) : (
                  <Text c="dimmed">{t.noBalance}</Text>
                )}
              </Card>
            </SimpleGrid>
          </>
        )}
        <Card withBorder>
          <Title order={2} mb="sm">
            {t.you}
          </Title>
          <Facts
            facts={[
              [texts.list.caller, <Foreign key="caller" text={me.callerId} />],
              [texts.keys.role, texts.roles[me.role]],
              [texts.list.tenant, me.tenant],
              [t.signedInBy, t.kinds[me.kind]],
            ]}
          />
        </Card>
      </Stack>
    </>
  );
}
