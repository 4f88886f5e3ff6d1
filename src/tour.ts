import type { Tour } from './graphql/landing-page.ts';

/** What the landing page opens with: create, list, look at one, follow it. */
export const tour: Tour = {
  document: `# Welcome to Reelgraph. Run the operations one after the other: choose them at the play button.

# 1. Request a video. A few seconds later it has a videoUrl.
mutation Create($input: CreateVideoGenerationInput!) {
  createVideoGeneration(input: $input) {
    generation {
      id
      status
      taskId
      statusCode
      statusMessage
      listPrice { amount currency }
      failure { kind message retryable }
    }
    userErrors { field code message }
  }
}

# 2. See what has been requested, newest first.
query List {
  generations(first: 10) {
    totalCount
    nodes { id createdAt status model prompt taskId statusMessage videoUrl }
    pageInfo { hasNextPage endCursor }
  }
}

# 3. Look at one, with every step. Put an id from above into the variables.
query Look($id: ID!) {
  generation(id: $id) {
    id
    status
    videoUrl
    videoUrlExpiresAt
    videoWidth
    videoHeight
    events { sequence occurredAt action httpStatus latencyMs upstreamCode upstreamMessage traceId }
  }
}

# 4. Follow one until it is finished.
subscription Follow($id: ID!) {
  generationUpdated(id: $id) { version status upstreamStatus videoUrl }
}

# 5. What can be asked for, and at what price?
query Models {
  videoModels {
    name
    modes { mode requiredImages defaultResolution defaultDuration outputs { resolution durations } }
    prices { resolution duration amounts { amount currency } listedOn }
  }
}
`,
  variables: {
    input: {
      model: 'MiniMax-Hailuo-02',
      prompt: 'A paper boat crosses a rain puddle at dusk, [Push in]',
      duration: 6,
      resolution: '768P',
    },
    id: '',
  },
};
