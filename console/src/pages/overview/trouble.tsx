import { Anchor, Card, SimpleGrid, Text } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { BacklogDocument, ProviderDocument } from '../../../generated/graphql.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Foreign } from '../../parts/foreign.tsx';
import { Time } from '../../parts/time.tsx';
import { useMay } from '../../session.tsx';
import { texts } from '../../texts.ts';

/** While the page is to be seen. A look of those who see everything is an event in the audit log. */
const everyMs = 60_000;
const recordedEveryMs = 600_000;

/** What a person must look at, before all figures. */
export function TroubleCards() {
  const may = useMay();
  const answer = useAnswer(
    BacklogDocument,
    {},
    { everyMs: may.seeAll ? recordedEveryMs : everyMs },
  );
  const provider = useAnswer(ProviderDocument, may.seeAll ? {} : null, { everyMs });
  const pause = provider.data?.providerStatus.pause;
  const t = texts.overview;
  const { uncertain, held, queued, running } = answer.data?.generationBacklog ?? {};
  const cards = [
    {
      label: t.uncertain,
      count: uncertain,
      bad: true,
      search: { status: 'UNCERTAIN' },
    },
    { label: t.held, count: held, bad: true, search: { held: 'yes' } },
    { label: t.queued, count: queued, bad: false, search: { status: 'QUEUED' } },
    {
      label: t.running,
      count: running,
      bad: false,
      search: { status: 'SUBMITTING,PROCESSING' },
    },
  ];
  return (
    <>
      {pause && (
        <div className="note bad" role="alert">
          {t.paused} <Foreign text={pause.message} /> {t.until} <Time at={pause.until} />
        </div>
      )}
      <SimpleGrid cols={{ base: 2, sm: 4 }} spacing="xs">
        {cards.map(({ label, count, bad, search }) => (
          <Card key={label} withBorder padding="sm" className={bad && count ? 'warn' : undefined}>
            <Text size="sm">{label}</Text>
            <Text fw={700} fz="lg">
              <Anchor
                inherit
                c={bad && count ? 'inherit' : undefined}
                renderRoot={(props) => <Link to="/generations" search={search} {...props} />}
                aria-label={`${label}: ${count ?? texts.waiting}`}
              >
                {/* Its room is kept until it is known. */}
                {count?.toLocaleString() ?? '–'}
              </Anchor>
            </Text>
          </Card>
        ))}
      </SimpleGrid>
    </>
  );
}
