/** A program in TypeScript against a running server, by the types of its description: node client.ts ADDRESS BASE64. */

import createClient from "openapi-fetch";
import type { components, paths } from "./schema.d.ts";

declare const process: { argv: string[] };

const [address, image] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: address });

function take<T>(answer: { data?: T; error?: components["schemas"]["Error"] }): T {
  if (answer.data === undefined) throw new Error(answer.error?.error ?? "no answer");
  return answer.data;
}

const one = take(await client.POST("/predict", { body: { image } }));
const several = take(await client.POST("/predict", { body: { images: [image, image] } }));
const number = take(await client.POST("/read", { body: { image }, params: { query: { model: "plain" } } }));
const tensor = {
  name: "picture" as const,
  datatype: "BYTES" as const,
  shape: [1],
  data: [image],
  parameters: { content_type: "base64" },
};
const path = { name: "plain" } as const;
const inferred = take(await client.POST("/v2/models/{name}/infer", { params: { path }, body: { inputs: [tensor] } }));
const metadata = take(await client.GET("/v2/models/{name}", { params: { path } }));
const rows = take(
  await client.POST("/v1/models/{name}:predict", { params: { path }, body: { instances: [{ b64: image }] } }),
);
const refused = await client.POST("/predict", { body: { image: "" } });

console.log(
  JSON.stringify({
    digit: "digit" in one ? one.digit : null,
    several: "predictions" in several ? several.predictions.length : null,
    text: "text" in number ? number.text : null,
    inferred: typeof inferred === "string" ? null : inferred.outputs[0].shape,
    inputs: metadata.inputs.map((input) => input.name),
    rows: "predictions" in rows ? rows.predictions.length : null,
    refused: refused.error?.code,
  }),
);
