// Tokens, proofs and thumbprints of a node, judged by `jose`, and tokens that `jose` makes.
//
//   node tokens.mjs < settings.json > results.json
//
// Settings: token, proof, key (public JWK that signed the token), issuer, url, private_key (JWK) and client_id.

import { EmbeddedJWK, SignJWT, calculateJwkThumbprint, importJWK, jwtVerify } from "jose";

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const settings = JSON.parse(Buffer.concat(chunks).toString("utf8"));
const algorithms = ["Ed25519", "ES256"];

const token = await jwtVerify(settings.token, await importJWK(settings.key, algorithmOf(settings.key)), {
  typ: "at+jwt",
  issuer: settings.issuer,
  audience: settings.issuer,
  algorithms,
  requiredClaims: ["exp", "iat", "jti", "cnf", "client_id", "sub", "authorization_details", "epoch"],
});
const proof = await jwtVerify(settings.proof, EmbeddedJWK, { typ: "dpop+jwt", algorithms, maxTokenAge: 60 });

const { d, ...open } = settings.private_key;
const alg = algorithmOf(open);
const own = await importJWK(settings.private_key, alg);
const jwk = Object.fromEntries(["kty", "crv", "x", "y"].filter((name) => name in open).map((name) => [name, open[name]]));
const made = {
  assertion: await new SignJWT({})
    .setProtectedHeader({ alg, kid: await calculateJwkThumbprint(open) })
    .setIssuer(settings.client_id)
    .setSubject(settings.client_id)
    .setAudience(settings.issuer)
    .setIssuedAt()
    .setExpirationTime("60s")
    .setJti(crypto.randomUUID())
    .sign(own),
  proof: await new SignJWT({ htm: "POST", htu: settings.url })
    .setProtectedHeader({ alg, typ: "dpop+jwt", jwk })
    .setIssuedAt()
    .setJti(crypto.randomUUID())
    .sign(own),
};
process.stdout.write(
  JSON.stringify({
    token: token.payload,
    proof: proof.payload,
    proof_thumbprint: await calculateJwkThumbprint(proof.protectedHeader.jwk),
    thumbprint: await calculateJwkThumbprint(open),
    made,
  }),
);

function algorithmOf(jwk) {
  return jwk.kty === "OKP" ? "Ed25519" : "ES256";
}
