import type { TourStep } from './landing-page.ts';

/** What the landing page opens with: request a video, look at it, follow it. Each step runs as it is, but for the id of the third. */
export const tour: readonly TourStep[] = [
  {
    document: `# 1. Request a 2K video with sound. The answer says
#    PROCESSING as soon as MiniMax has accepted it.
mutation Create {
  createVideoGeneration(
    input: {
      model: "MiniMax-H3"
      prompt: "A paper boat in the rain; drops patter on the water"
      duration: 5
      resolution: "2K"
      aspectRatio: "16:9"
    }
  ) {
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
`,
  },
  {
    document: `# 2. Look at the newest one, with every step so far.
#    Run it again until it has a videoUrl.
query Look {
  generations(first: 1) {
    nodes {
      id
      status
      videoUrl
      videoUrlExpiresAt
      cost { amount currency basis }
      events {
        sequence
        occurredAt
        action
        httpStatus
        latencyMs
        upstreamMessage
      }
    }
  }
}
`,
  },
  {
    document: `# 3. Follow one until it is final.
#    Put the id from step 1 or 2 into the variables.
subscription Follow($id: ID!) {
  generationUpdated(id: $id) {
    version
    status
    upstreamStatus
    videoUrl
  }
}
`,
    variables: { id: 'put an id here' },
  },
  {
    document: `# 4. List those that are final, a page at a time.
query List {
  generations(
    first: 10
    filter: { status: [SUCCEEDED, FAILED, CANCELLED] }
    orderBy: { field: CREATED_AT, direction: DESC }
  ) {
    totalCount
    nodes {
      id
      createdAt
      status
      prompt
      videoUrl
      failure { kind message }
    }
    pageInfo { hasNextPage endCursor }
  }
}
`,
  },
  {
    document: `# 5. Check a request without making it:
#    what is wrong with it, what would it cost?
query Check {
  validateVideoGeneration(
    input: {
      model: "MiniMax-H3"
      prompt: "A paper boat in the rain"
      duration: 20
      resolution: "2K"
      aspectRatio: "16:9"
    }
  ) {
    valid
    userErrors { field code message }
    estimatedPrice { amount currency }
  }
}
`,
  },
  {
    document: `# 6. What can be asked for, and at what price?
query Models {
  videoModels {
    name
    sound
    modes {
      mode
      inputs { field required maxCount formats }
      aspectRatios
      aspectRatioUse
      defaultResolution
      defaultDuration
      outputs { resolution durations }
    }
    prices {
      resolution
      duration
      amounts { amount currency }
    }
    pricesPerSecond {
      resolution
      outputSecond { amount currency }
    }
  }
}
`,
  },
];
