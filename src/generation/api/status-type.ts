import { registerEnumType } from 'type-graphql';
import { VideoGenerationStatus } from '../../database/generated/client.ts';

registerEnumType(VideoGenerationStatus, {
  name: 'VideoGenerationStatus',
  description:
    'Where a generation stands. SUCCEEDED, FAILED and CANCELLED are final, but that an admin may have a task looked for again that FAILED with TASK_UNKNOWN or RESULT_MISSING.',
  valuesConfig: {
    QUEUED: {
      description:
        'Stored and waiting to be sent to MiniMax, for the first time or again after a surely unaccepted try; with `heldAt` until an admin releases it.',
    },
    SUBMITTING: { description: 'Being sent to MiniMax right now.' },
    PROCESSING: {
      description:
        'Accepted by MiniMax, which is working on it. `upstreamStatus` has its own word, `stalledAt` tells when it takes too long.',
    },
    SUCCEEDED: { description: 'The video is ready: see `videoUrl`, or `enhancedPrompt`.' },
    FAILED: { description: 'Ended without a video: see `failure`.' },
    UNCERTAIN: {
      description:
        'Nobody knows whether MiniMax accepted the request, e.g. because the connection broke after sending. It is never sent again by itself, since that could cost twice.',
    },
    CANCELLED: {
      description:
        'Withdrawn before it was sent, or while MiniMax had it queued. It costs nothing, unless it had been sent earlier: one of its `submissions` is UNKNOWN then, or ACCEPTED with another task, or it had been held.',
    },
  },
});

export { VideoGenerationStatus };
