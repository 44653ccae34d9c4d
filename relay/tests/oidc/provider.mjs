// A certified OpenID Connect provider (npm oidc-provider) for the tests of single sign-on: one client, no accounts of its
// own. Whoever signs in as “alice;hd=oak.example” has that name as `sub` and that claim in the ID token. Prints its
// address.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, redirect] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);

// Whoever started this reads one line. What the provider remarks goes where errors go: a pipe that nobody reads breaks.
console.info = console.warn;
const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{
      client_id: "lapwing", client_secret: "a-secret-of-the-tests-and-of-nothing-else", redirect_uris: [redirect],
      response_types: ["code"], grant_types: ["authorization_code"],
    }],
    claims: { openid: ["sub", "hd", "tid", "oid"], profile: ["email", "email_verified"] },
    conformIdTokenClaims: false,
    pkce: { required: () => true },
    findAccount: (_, id) => {
      const [, ...more] = id.split(";");
      const claims = Object.fromEntries(more.map((claim) => claim.split("=")));
      return { accountId: id, claims: () => ({ ...claims, sub: id, email_verified: true }) };
    },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
// It ends with the test that started it, however that ends.
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
