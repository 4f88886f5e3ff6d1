import { connect, type AddressInfo } from 'node:net';
import { createServer } from 'node:tls';

// For `localhost`, made for these tests: nobody trusts it.
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgm1l/COAl3A7Agvut
AMcC4TWs25LpA/KaBN/Mb5xn35GhRANCAAQRX3Q/qAvlwvu23VMA2QC7FnUGGyq0
aiQ/u5MIdC8iDh9aXLzZowsRNFQk1LPWfW1ezPq4UMzOReJTsRy4Kus6
-----END PRIVATE KEY-----`;
export const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUFLdOgitoLMx5rY5jHXJFY3WaZWMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE4MTY1OFoYDzIxMjYxMTA0
MTgxNjU4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQRX3Q/qAvlwvu23VMA2QC7FnUGGyq0aiQ/u5MIdC8iDh9aXLzZowsR
NFQk1LPWfW1ezPq4UMzOReJTsRy4Kus6o28wbTAdBgNVHQ4EFgQUvkMJM2TPx4RB
mSIR67crmM++7lMwHwYDVR0jBBgwFoAUvkMJM2TPx4RBmSIR67crmM++7lMwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgN2KOXif5OW1Iv3Itbrb4HGnZiIeI3GeJj3AhyCzjR3MCIQCK
q9GI0gAXUf+6iq0o99DbdmGUgj39S6khaKmVVfVnjQ==
-----END CERTIFICATE-----`;

/** What stands before a service to speak TLS: its address, and a way to say where the service is. */
export async function startTlsFront() {
  let target = 0;
  const server = createServer({ key, cert }, (socket) => {
    const inner = connect(target, '127.0.0.1');
    socket.pipe(inner).pipe(socket);
    socket.on('error', () => inner.destroy());
    inner.on('error', () => socket.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    leadTo(url: string) {
      target = Number(new URL(url).port);
    },
    close: async () => await new Promise((done) => server.close(done)),
  };
}
