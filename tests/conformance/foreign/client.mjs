// A client of a node that shares no line with it: oauth4webapi asks for the token, http-message-sig signs and verifies.
//
//   node client.mjs < settings.json > results.json
//
// Settings: issuer (public URL), address (where it listens, by default the issuer), client_id, client_key, message_key
// (private JWKs), node_keys (public JWKs by thumbprint: who may have signed an answer), grant (authorization_details) or
// access_token (one got before, in place of a new one) and calls: [{name, method, path, headers?, body?, until?, manner?}].
// A path may be one that an earlier answer gave: {of: its call's name, header: …} or {of, member: ["output", 0, "url"]}.
// `until` is the status for which a call is made again and again, as often as Retry-After says. manner is one of
//   "plain" (default)   signed, with token and proof      "replayed"   the call before, sent again byte for byte
//   "unsigned"          with token and proof, no signature  "altered"    the body is changed after signing
// Results: what each call was answered, and whether the answer is signed by the node for that very request.

import * as oauth from "oauth4webapi";
import { component, createSignature, verifySignature, webcrypto } from "http-message-sig";

const SIGNED_IF_THERE = ["authorization", "dpop", "idempotency-key", "prefer", "range", "if-range"];
const settings = JSON.parse(await read(process.stdin));
const address = settings.address ?? settings.issuer;
const client = { client_id: settings.client_id };
const insecure = { [oauth.allowInsecureRequests]: true };
const messageKey = await imported(settings.message_key, "sign");
const clientKeys = await pair(settings.client_key);
const dpop = oauth.DPoP(client, clientKeys);
const POLLS_MAX = 60;
const results = { answers: [] };

const metadata = await discover();
results.metadata = metadata;
const token = settings.access_token ? { access_token: settings.access_token } : await askForToken(metadata);
results.token = token;
let last;
if (token.access_token) for (const call of settings.calls) await followed(call);
process.stdout.write(JSON.stringify(results));

// --- OAuth -------------------------------------------------------------------------------------------------------

async function discover() {
  const response = await oauth.discoveryRequest(new URL(settings.issuer), {
    algorithm: "oauth2",
    [oauth.customFetch]: noted,
    ...insecure,
  });
  return oauth.processDiscoveryResponse(new URL(settings.issuer), response);
}

async function askForToken(metadata) {
  const response = await oauth.clientCredentialsGrantRequest(
    metadata,
    client,
    oauth.PrivateKeyJwt({ key: clientKeys.privateKey, kid: settings.client_key.kid }),
    { authorization_details: JSON.stringify(settings.grant) },
    { DPoP: dpop, [oauth.customFetch]: noted, ...insecure },
  );
  try {
    return await oauth.processClientCredentialsResponse(metadata, client, response);
  } catch (problem) {
    return { refused: problem.error ?? String(problem), status: problem.status ?? null };
  }
}

// A fetch that is not signed itself and whose answer is checked all the same.
async function noted(url, options) {
  const headers = Object.fromEntries(new Headers(options.headers));
  const request = { method: options.method ?? "GET", url: String(url), headers, body: options.body };
  const response = await sent(request);
  results.answers.push(await judged(`${request.method} ${new URL(url).pathname}`, request, response.clone()));
  return response;
}

// --- calls -------------------------------------------------------------------------------------------------------

async function followed(call) {
  for (let polls = 0; polls < POLLS_MAX; polls++) {
    const judgement = await answered({ ...call, path: pathOf(call.path) });
    results.answers.push(judgement);
    if (judgement.status !== 202 || call.until === undefined || call.until === 202) return;
    await new Promise((over) => setTimeout(over, 1000 * Number(judgement.headers["retry-after"] ?? 1)));
  }
  throw new Error(`${call.name} was not answered with ${call.until}`);
}

// Nothing is put together by the client: where to go next is what the node said.
function pathOf(path) {
  if (typeof path === "string") return path;
  const answer = results.answers.findLast((one) => one.name === path.of);
  const url = path.header ? answer.headers[path.header] : path.member.reduce((value, name) => value[name], JSON.parse(answer.body));
  if (!url.startsWith(`${settings.issuer}/`)) throw new Error("the node pointed to another place");
  return url.slice(settings.issuer.length);
}

async function answered(call) {
  const manner = call.manner ?? "plain";
  let judgement;
  if (manner === "replayed") return judged(call.name, last, await sent(last));
  const body = call.body === undefined ? undefined : JSON.stringify(call.body);
  const headers = new Headers(call.headers);
  if (body !== undefined) headers.set("content-type", "application/json");
  await oauth
    .protectedResourceRequest(token.access_token, call.method, new URL(settings.issuer + call.path), headers, body, {
      DPoP: dpop,
      [oauth.customFetch]: async (url, options) => {
        const bare = {
          method: options.method,
          url: String(url),
          headers: Object.fromEntries(new Headers(options.headers)),
          body: options.body,
        };
        last = manner === "unsigned" ? bare : await signed(bare);
        if (manner === "altered") last.body = `${last.body} `;
        const response = await sent(last);
        judgement = await judged(call.name, last, response.clone());
        return response;
      },
      ...insecure,
    })
    .catch((problem) => {
      // A 401 with a challenge is thrown by the library; what it was is in the judgement.
      if (judgement === undefined) throw problem;
    });
  return judgement;
}

// --- RFC 9421 ----------------------------------------------------------------------------------------------------

async function signed(request) {
  const headers = { ...request.headers };
  const components = ["@method", "@target-uri"];
  if (request.body !== undefined) {
    headers["content-digest"] = `sha-256=:${await sha256(new TextEncoder().encode(request.body))}:`;
    components.push("content-type", "content-digest");
  }
  components.push(...SIGNED_IF_THERE.filter((name) => name in headers));
  const created = Math.floor(Date.now() / 1000);
  const fields = await createSignature(described({ ...request, headers }), {
    label: "sig1",
    components,
    parameters: {
      created,
      expires: created + 60,
      nonce: crypto.randomUUID(),
      keyid: settings.message_key.kid,
      alg: messageKey.algorithm,
      tag: "pks-req",
    },
    signer: messageKey,
  });
  headers.signature = fields.signature;
  headers["signature-input"] = fields.signatureInput;
  return { ...request, headers };
}

async function judged(name, request, response) {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = Object.fromEntries(response.headers);
  const isFile = "repr-digest" in headers && !("content-digest" in headers);
  const judgement = { name, status: response.status, headers, body: new TextDecoder().decode(body), verified: false };
  if (isFile) judgement.bytes = Buffer.from(body).toString("base64");
  const required = [component("@status"), component("@target-uri", { req: true }), component("content-type")];
  if ("signature" in request.headers) required.push(component("signature", { req: true, key: "sig1" }));
  required.push(...(isFile ? ["repr-digest", "content-length", "etag"] : ["content-digest"]));
  try {
    const verified = await verifySignature(
      {
        kind: "response",
        status: response.status,
        fields: pairs(headers),
        request: described(request),
      },
      {
        label: "sig1",
        policy: {
          algorithms: ["ed25519", "ecdsa-p256-sha256"],
          requiredComponents: required,
          requiredParameters: ["created", "expires", "keyid", "alg", "tag"],
          maxAge: 60,
          clockSkew: 5,
          validate: (signature) => signature.parameters.tag === "pks-res",
        },
        resolveVerifier: (candidate) => imported(settings.node_keys[candidate.parameters.keyid], "verify"),
      },
    );
    judgement.kid = verified.parameters.keyid;
    judgement.verified = isFile || headers["content-digest"] === `sha-256=:${await sha256(body)}:`;
  } catch (problem) {
    judgement.fault = `${problem.code ?? problem.name}: ${problem.message}`;
  }
  return judgement;
}

function described(request) {
  return { kind: "request", method: request.method, targetUri: request.url, fields: pairs(request.headers) };
}

function pairs(headers) {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

async function sent(request) {
  const url = address + request.url.slice(settings.issuer.length);
  return fetch(url, { method: request.method, headers: request.headers, body: request.body, redirect: "manual" });
}

// --- keys --------------------------------------------------------------------------------------------------------

// http-message-sig knows Ed25519; for P-256 it takes a signer from outside.
async function imported(jwk, use) {
  const { kid, ...bare } = jwk;
  if (bare.kty === "OKP") {
    const key = await crypto.subtle.importKey("jwk", bare, { name: "Ed25519" }, false, [use]);
    return use === "sign" ? webcrypto.signer(key) : webcrypto.verifier(key);
  }
  const key = await crypto.subtle.importKey("jwk", bare, { name: "ECDSA", namedCurve: "P-256" }, false, [use]);
  const how = { name: "ECDSA", hash: "SHA-256" };
  return {
    algorithm: "ecdsa-p256-sha256",
    sign: async (data) => new Uint8Array(await crypto.subtle.sign(how, key, data)),
    verify: (data, signature) => crypto.subtle.verify(how, key, signature, data),
  };
}

async function pair(jwk) {
  const { kid, d, ...open } = jwk;
  const how = jwk.kty === "OKP" ? { name: "Ed25519" } : { name: "ECDSA", namedCurve: "P-256" };
  return {
    privateKey: await crypto.subtle.importKey("jwk", { ...open, d }, how, false, ["sign"]),
    publicKey: await crypto.subtle.importKey("jwk", open, how, true, ["verify"]),
  };
}

async function sha256(bytes) {
  return Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("base64");
}

async function read(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
