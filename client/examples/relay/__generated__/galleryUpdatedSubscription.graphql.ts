/**
 * @generated SignedSource<<73b40a31bd61937668de794723331985>>
 * @lightSyntaxTransform
 */

/* tslint:disable */
/* eslint-disable */
// @ts-nocheck

import type { ConcreteRequest } from 'relay-runtime';
import type { FragmentRefs } from "relay-runtime";
export type galleryUpdatedSubscription$variables = {
  afterVersion?: number | null;
  id: string;
};
export type galleryUpdatedSubscription$data = {
  readonly generationUpdated: {
    readonly " $fragmentSpreads": FragmentRefs<"gallery_card">;
  };
};
export type galleryUpdatedSubscription = {
  response: galleryUpdatedSubscription$data;
  variables: galleryUpdatedSubscription$variables;
};

const node: ConcreteRequest = (function(){
var v0 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "afterVersion"
},
v1 = {
  "defaultValue": null,
  "kind": "LocalArgument",
  "name": "id"
},
v2 = [
  {
    "kind": "Variable",
    "name": "afterVersion",
    "variableName": "afterVersion"
  },
  {
    "kind": "Variable",
    "name": "id",
    "variableName": "id"
  }
];
return {
  "fragment": {
    "argumentDefinitions": [
      (v0/*:: as any*/),
      (v1/*:: as any*/)
    ],
    "kind": "Fragment",
    "metadata": null,
    "name": "galleryUpdatedSubscription",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": "VideoGeneration",
        "kind": "LinkedField",
        "name": "generationUpdated",
        "plural": false,
        "selections": [
          {
            "args": null,
            "kind": "FragmentSpread",
            "name": "gallery_card"
          }
        ],
        "storageKey": null
      }
    ],
    "type": "Subscription",
    "abstractKey": null
  },
  "kind": "Request",
  "operation": {
    "argumentDefinitions": [
      (v1/*:: as any*/),
      (v0/*:: as any*/)
    ],
    "kind": "Operation",
    "name": "galleryUpdatedSubscription",
    "selections": [
      {
        "alias": null,
        "args": (v2/*:: as any*/),
        "concreteType": "VideoGeneration",
        "kind": "LinkedField",
        "name": "generationUpdated",
        "plural": false,
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
        "storageKey": null
      }
    ]
  },
  "params": {
    "cacheID": "5406c5369efb3417e58c3753f6af8cd9",
    "id": null,
    "metadata": {},
    "name": "galleryUpdatedSubscription",
    "operationKind": "subscription",
    "text": "subscription galleryUpdatedSubscription(\n  $id: ID!\n  $afterVersion: Int\n) {\n  generationUpdated(id: $id, afterVersion: $afterVersion) {\n    ...gallery_card\n    id\n  }\n}\n\nfragment gallery_card on VideoGeneration {\n  id\n  status\n  version\n  prompt\n  videoUrl\n  failure {\n    kind\n    message\n  }\n}\n"
  }
};
})();

(node as any).hash = "974a17094f9fe9bfdd212e4bee872e62";

export default node;
