import type { VideoGenerationStatus } from '../../generated/graphql.ts';
import { texts } from '../texts.ts';

const looks: Record<VideoGenerationStatus, string> = {
  QUEUED: 'calm',
  SUBMITTING: 'busy',
  PROCESSING: 'busy',
  SUCCEEDED: 'good',
  FAILED: 'bad',
  UNCERTAIN: 'warn',
  CANCELLED: 'calm',
};

/** The state in one word, and what keeps it where it is. */
export function StateBadge(props: {
  generation: {
    status: VideoGenerationStatus;
    stalledAt?: string | null;
    heldAt?: string | null;
  };
}) {
  const { status, stalledAt, heldAt } = props.generation;
  const isStuck = stalledAt && status === 'PROCESSING';
  return (
    <>
      <span className={`state ${looks[status]}`}>{texts.status[status]}</span>
      {heldAt && <span className="state warn">{texts.state.held}</span>}
      {isStuck && <span className="state warn">{texts.state.stuck}</span>}
    </>
  );
}
