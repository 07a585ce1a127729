// A real OpenID provider (oidc-provider) on this machine, for the tests of the page: people log in with any password. Its answers can be spoiled,
// as an attacker would, by a word in a file: then the ID token is another one, signed with the provider's own key unless the word says
// otherwise.
//
// usage: node provider.mjs PORT REDIRECT FILE

import { existsSync, readFileSync } from 'node:fs';
import * as jose from 'jose';
import { Provider } from 'oidc-provider';

const [port, redirect, file] = process.argv.slice(2);
const people = {
  alice: {},
  carol: { email: 'carol@brenner.example', email_verified: false },
  root: { groups: ['staff', 'pbx-admins'] },
  mallory: { groups: ['staff'] },
};

const pair = () => jose.generateKeyPair('RS256', { extractable: true });
const [own, other] = await Promise.all([pair(), pair()]);
const jwk = { ...(await jose.exportJWK(own.privateKey)), kid: 'own', use: 'sig', alg: 'RS256' };

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    { client_id: 'linewarden', client_secret: 'a secret: of both', redirect_uris: [redirect] },
    { client_id: 'other', client_secret: 'other', redirect_uris: [redirect] },
  ],
  jwks: { keys: [jwk] },
  scopes: ['openid', 'profile', 'email', 'groups'],
  claims: { profile: ['preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
  // Its claims stand in the ID token, as those of the providers of companies do.
  conformIdTokenClaims: false,
  cookies: { keys: ['of the tests'] },
  pkce: { required: () => true },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, preferred_username: id, ...people[id] }),
  }),
});

async function spoiled(word, token) {
  const claims = jose.decodeJwt(token);
  const header = jose.decodeProtectedHeader(token);
  const now = Math.floor(Date.now() / 1000);
  const sign = (more, key = own.privateKey) => new jose.SignJWT({ ...claims, ...more }).setProtectedHeader(header).sign(key);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  switch (word) {
    case 'nonce': return sign({ nonce: '0'.repeat(64) });
    case 'no nonce': return sign({ nonce: undefined });
    case 'audience': return sign({ aud: 'other' });
    case 'issuer': return sign({ iss: 'https://login.example' });
    case 'expired': return sign({ iat: now - 7200, exp: now - 3600 });
    case 'another key': return sign({}, other.privateKey);
    case 'signature': return token.slice(0, -8) + (token.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA');
    case 'another person': return [token.split('.')[0], part({ ...claims, preferred_username: 'root', groups: ['pbx-admins'] }), token.split('.')[2]].join('.');
    case 'none': return `${part({ alg: 'none' })}.${part(claims)}.`;
    // The public key as if it were a secret that both sides have.
    case 'public key': {
      const secret = new TextEncoder().encode(await jose.exportSPKI(own.publicKey));
      return new jose.SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: 'own' }).sign(secret);
    }
    default: return token;
  }
}

provider.use(async (context, next) => {
  await next();
  const word = existsSync(file) ? readFileSync(file, 'utf8') : '';
  if (word && context.path === '/token' && context.body?.id_token) {
    context.body.id_token = await spoiled(word, context.body.id_token);
  }
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready'));
