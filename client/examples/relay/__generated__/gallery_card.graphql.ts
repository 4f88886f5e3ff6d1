/**
 * @generated SignedSource<<23ea79cc98c644542c8b5c0e9142e725>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ReaderFragment } from 'relay-runtime';
export type FailureKind = "ACCOUNT_NOT_ENTITLED" | "ACCOUNT_UNKNOWN" | "BALANCE_EXHAUSTED" | "INPUT_FLAGGED" | "INPUT_INVALID" | "NOT_CREATED" | "OUTCOME_UNKNOWN" | "OUTPUT_FLAGGED" | "QUOTA_EXHAUSTED" | "RESULT_MISSING" | "TASK_FAILED" | "TASK_UNKNOWN" | "THROTTLED" | "UNAUTHORIZED" | "UNKNOWN" | "UPSTREAM_ERROR";
export type VideoGenerationStatus = "CANCELLED" | "FAILED" | "PROCESSING" | "QUEUED" | "SUBMITTING" | "SUCCEEDED" | "UNCERTAIN";
import type { FragmentRefs } from "relay-runtime";
export type gallery_card$data = {
  readonly failure: {
    readonly kind: FailureKind;
    readonly message: string;
  } | null;
  readonly id: string;
  readonly prompt: string | null;
  readonly status: VideoGenerationStatus;
  readonly version: number;
  readonly videoUrl: string | null;
  readonly " $fragmentType": "gallery_card";
};
export type gallery_card$key = {
  readonly " $data"?: gallery_card$data;
  readonly " $fragmentSpreads": FragmentRefs<"gallery_card">;
};

import galleryCardQuery_graphql from './galleryCardQuery.graphql';

const node: ReaderFragment = {
  "argumentDefinitions": [],
  "kind": "Fragment",
  "metadata": {
    "refetch": {
      "connection": null,
      "fragmentPathInResult": [
        "node"
      ],
      "operation": galleryCardQuery_graphql,
      "identifierInfo": {
        "identifierField": "id",
        "identifierQueryVariableName": "id"
      }
    }
  },
  "name": "gallery_card",
  "selections": [
    {
      "alias": null,
      "args": null,
      "kind": "ScalarField",
      "name": "id",
      "storageKey": null
    },
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
      "name": "version",
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
        {
          "alias": null,
          "args": null,
          "kind": "ScalarField",
          "name": "message",
          "storageKey": null
        }
      ],
      "storageKey": null
    }
  ],
  "type": "VideoGeneration",
  "abstractKey": null
};

(node as any).hash = "207744198187a6b009588011cf8d5d72";

export default node;
