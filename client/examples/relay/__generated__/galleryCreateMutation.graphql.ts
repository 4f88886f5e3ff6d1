/**
 * @generated SignedSource<<6dc7cba57fe68b5f187e006d0e8c57f9>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
import type { FragmentRefs } from "relay-runtime";
export type PromptExpansion = "BALANCED" | "DISABLED" | "QUALITY";
export type UserErrorCode = "ASPECT_RATIO_NOT_SUPPORTED" | "ASPECT_RATIO_REQUIRED" | "COMBINATION_NOT_SUPPORTED" | "DAYS_INVALID" | "DURATION_NOT_SUPPORTED" | "FAST_PRETREATMENT_NOT_SUPPORTED" | "FILE_NOT_FOUND" | "FIRST_FRAME_NOT_SUPPORTED" | "FIRST_FRAME_REQUIRED" | "FRAMES_AND_REFERENCES" | "GENERATION_REDACTED" | "IDEMPOTENCY_KEY_INVALID" | "IDEMPOTENCY_KEY_REUSED" | "IDS_INVALID" | "IMAGES_NO_LONGER_STORED" | "IMAGE_DIMENSIONS_UNSUPPORTED" | "IMAGE_FORMAT_UNSUPPORTED" | "IMAGE_INVALID" | "IMAGE_TOO_LARGE" | "IMAGE_URL_NOT_PUBLIC" | "INPUT_NOT_FETCHED" | "KEEP_FOR_INVALID" | "LAST_FRAME_NOT_SUPPORTED" | "MEDIA_NOT_FOUND" | "MODEL_UNKNOWN" | "MODE_NOT_SUPPORTED" | "PROMPT_ENHANCEMENT_NOT_SUPPORTED" | "PROMPT_EXPANSION_NOT_SUPPORTED" | "PROMPT_REQUIRED" | "PROMPT_TOO_LONG" | "REASON_INVALID" | "REFERENCE_DIMENSIONS_UNSUPPORTED" | "REFERENCE_FORMAT_UNSUPPORTED" | "REFERENCE_FRAME_RATE_UNSUPPORTED" | "REFERENCE_INVALID" | "REFERENCE_LENGTH_NOT_SUPPORTED" | "REFERENCE_NOT_SUPPORTED" | "REFERENCE_REQUIRED" | "REFERENCE_TOO_LARGE" | "REGENERATION_NOT_SUPPORTED" | "RESOLUTION_NOT_SUPPORTED" | "SETTLED_ALREADY" | "SOURCE_NOT_AVAILABLE" | "SUBJECT_INVALID" | "SUBJECT_NOT_SUPPORTED" | "SUBJECT_REQUIRED" | "SUBMISSION_NOT_OPEN" | "TAGS_INVALID" | "TASK_ATTACHED_ELSEWHERE" | "TASK_ID_INVALID" | "TASK_NOT_REMOVED" | "TASK_RUNNING" | "TOO_MANY_REFERENCES" | "VIDEO_REMOVED" | "WEBHOOK_URL_INVALID" | "WEBHOOK_URL_NOT_PUBLIC" | "WEBHOOK_URL_NOT_REGISTERED" | "WRONG_STATUS" | "WRONG_VERSION";
export type CreateVideoGenerationInput = {
  aigcWatermark?: boolean | null;
  aspectRatio?: string | null;
  duration?: number | null;
  fastPretreatment?: boolean | null;
  firstFrameImage?: string | null;
  idempotencyKey?: string | null;
  keepForDays?: number | null;
  lastFrameImage?: string | null;
  model: string;
  prompt?: string | null;
  promptExpansion?: PromptExpansion | null;
  promptOptimizer?: boolean;
  referenceAudios?: ReadonlyArray<ReferenceClipInput> | null;
  referenceImages?: ReadonlyArray<string> | null;
  referenceVideos?: ReadonlyArray<ReferenceClipInput> | null;
  resolution?: string | null;
  subjectReference?: ReadonlyArray<SubjectReferenceInput> | null;
  tags?: ReadonlyArray<string> | null;
  webhookUrl?: string | null;
};
export type ReferenceClipInput = {
  seconds?: number | null;
  url: string;
};
export type SubjectReferenceInput = {
  image: ReadonlyArray<string>;
  type?: string;
};
export type galleryCreateMutation$variables = {
  connections: ReadonlyArray<string>;
  input: CreateVideoGenerationInput;
};
export type galleryCreateMutation$data = {
  readonly createVideoGeneration: {
    readonly generationEdge: {
      readonly cursor: string;
      readonly node: {
        readonly id: string;
        readonly version: number;
        readonly " $fragmentSpreads": FragmentRefs<"gallery_card">;
      };
    } | null;
    readonly userErrors: ReadonlyArray<{
      readonly code: UserErrorCode;
      readonly field: ReadonlyArray<string>;
      readonly message: string;
    }>;
  };
};
export type galleryCreateMutation = {
  response: galleryCreateMutation$data;
  variables: galleryCreateMutation$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "connections"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "input"
},
v2 = [
  {
    "kind": "Variable",
    "name": "input",
    "variableName": "input"
  }
],
v3 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "cursor",
  "storageKey": null
},
v4 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "id",
  "storageKey": null
},
v5 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "version",
  "storageKey": null
},
v6 = {
  "alias": null,
  "args": null,
  "kind": "ScalarField",
  "name": "message",
  "storageKey": null
},
v7 = {
  "alias": null,
  "args": null,
  "concreteType": "UserError",
  "kind": "LinkedField",
  "name": "userErrors",
  "plural": true,
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "field",
      "storageKey": null
    },
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "code",
      "storageKey": null
    },
    (v6/*:: as any*/)
  ],
  "storageKey": null
};
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "galleryCreateMutation",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": "CreateVideoGenerationPayload",
        "kind": "LinkedField",
        "name": "createVideoGeneration",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "VideoGenerationEdge",
            "kind": "LinkedField",
            "name": "generationEdge",
            "plural": false,
            "selections": [
              (v3/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "concreteType": "VideoGeneration",
                "kind": "LinkedField",
                "name": "node",
                "plural": false,
                "selections": [
                  (v4/*:: as any*/),
                  (v5/*:: as any*/),
                  {
                    "args": null,
                    "kind": "FragmentSpread",
                    "name": "gallery_card"
                  }
                ],
                "storageKey": null
              }
            ],
            "storageKey": null
          },
          (v7/*:: as any*/)
        ],
        "storageKey": null
      }
    ],
    "type": "Mutation",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "galleryCreateMutation",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": "CreateVideoGenerationPayload",
        "kind": "LinkedField",
        "name": "createVideoGeneration",
        "plural": false,
        "selections": [
          {
            "alias": null,
            "args": null,
            "concreteType": "VideoGenerationEdge",
            "kind": "LinkedField",
            "name": "generationEdge",
            "plural": false,
            "selections": [
              (v3/*:: as any*/),
              {
                "alias": null,
                "args": null,
                "concreteType": "VideoGeneration",
                "kind": "LinkedField",
                "name": "node",
                "plural": false,
                "selections": [
                  (v4/*:: as any*/),
                  (v5/*:: as any*/),
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "status",
                    "storageKey": null
                  },
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "prompt",
                    "storageKey": null
                  },
                  {
                    "alias": null,
                    "args": null,
                    "kind": "ScalarField",
                    "name": "videoUrl",
                    "storageKey": null
                  },
                  {
                    "alias": null,
                    "args": null,
                    "concreteType": "GenerationFailure",
                    "kind": "LinkedField",
                    "name": "failure",
                    "plural": false,
                    "selections": [
                      {
                        "alias": null,
                        "args": null,
                        "kind": "ScalarField",
                        "name": "kind",
                        "storageKey": null
                      },
                      (v6/*:: as any*/)
                    ],
                    "storageKey": null
                  }
                ],
                "storageKey": null
              }
            ],
            "storageKey": null
          },
          {
            "alias": null,
            "args": null,
            "filters": null,
            "handle": "prependEdge",
            "key": "",
            "kind": "LinkedHandle",
            "name": "generationEdge",
            "handleArgs": [
              {
                "kind": "Variable",
                "name": "connections",
                "variableName": "connections"
              }
            ]
          },
          (v7/*:: as any*/)
        ],
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "fea42f5597ef6e2bdce94b302d736230",
    "id": null,
    "metadata": {},
    "name": "galleryCreateMutation",
    "operationKind": "mutation",
    "text": "mutation galleryCreateMutation(\n  $input: CreateVideoGenerationInput!\n) {\n  createVideoGeneration(input: $input) {\n    generationEdge {\n      cursor\n      node {\n        id\n        version\n        ...gallery_card\n      }\n    }\n    userErrors {\n      field\n      code\n      message\n    }\n  }\n}\n\nfragment gallery_card on VideoGeneration {\n  id\n  status\n  version\n  prompt\n  videoUrl\n  failure {\n    kind\n    message\n  }\n}\n"
  }
};
})();

(node as any).hash = "42b720130e20b5b972d7302b1f280ab4";

export default node;
