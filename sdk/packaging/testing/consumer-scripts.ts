/** What every consumer does: a tree, a proof, workers, an encoded instruction, an address, and an error by code. */
export const treeProgram = `
  const claimer = 'DscHsPGoG9oaJQJAVQDq2Tb4XkDFVkDXtU2kk3mj7bHF';
  const claims = Array.from({ length: 5 }, (_, i) => ({ claimer, amount: BigInt(i + 1), id: 'user' + i }));
  const tree = new sdk.MerkleTree(claims);
  const leaf = sdk.computeClaimLeaf({ claimer, index: 4, amount: 5n, id: 'user4' });
  const parallel = await sdk.buildTreeWithWorkers(claims, { workers: 2 });
  const client = new sdk.AttentionOracleClient({
    getAccountInfo: async () => null,
    getLatestBlockhash: async () => ({ blockhash: claimer, lastValidBlockHeight: 1 }),
  }, sdk.PROGRAM_ID, { mint: claimer });
  const payer = { publicKey: new sdk.Address(claimer), secretKey: new Uint8Array(64) };
  const sending = client.finalizeRoot({ payer, channel: 'lacy', epoch: 1n, merkleRoot: tree.root() });
  const result = {
    root: tree.rootHex(),
    parallelRoot: parallel.rootHex(),
    verified: sdk.verifyProof(leaf, tree.proof(4), tree.root()),
    forged: sdk.verifyProof(leaf, tree.proof(3), tree.root()),
    data: sdk.bytesToHex(sdk.encodeInstruction('set_policy_open', { require_receipt: true })),
    address: sdk.protocolStateAddress(claimer)[0].toBase58(),
    kernel: sdk.keccakKernel(),
    withoutWeb3: await sending.catch((error) => error instanceof sdk.AttentionOracleError && error.code),
  };
`;

/** What a consumer with web3.js does. */
export const web3Program = `
  const mint = 'C8rS1gmUuCUBf8cbrk4q9LABS4kShyT2vJzU9ojA2eic';
  const [address, bump] = onWeb3.channelStateAddress(mint, 'marlon');
  const instruction = onWeb3.setChannelMerkleRoot({ payer: mint, mint, channel: 'marlon', epoch: 1n, root: new Uint8Array(32) });
  let code;
  try { onWeb3.toPublicKey('abc'); } catch (error) { code = error instanceof sdk.AttentionOracleError && error.code; }
  console.log(JSON.stringify({
    address: address.toBase58(),
    bump,
    real: address instanceof web3.PublicKey && instruction instanceof web3.TransactionInstruction,
    keys: instruction.keys.length,
    code,
  }));
`;

/** A consumer in TypeScript, without web3.js and without Node's types. */
export const typedProgram = `
  import { AttentionOracleError, decodeTransaction, MerkleTree, type ProgramEvent } from '@attention-oracle/sdk';
  const tree = new MerkleTree([{ claimer: new Uint8Array(32), amount: 1n, id: 'a' }]);
  export const root: Uint8Array = tree.root();
  export function claims(answer: unknown): ProgramEvent[] {
    try {
      return decodeTransaction(answer).events.filter(({ action }) => action === 'claim');
    } catch (error) {
      if (error instanceof AttentionOracleError && error.code === 'TRANSACTION_NOT_FOUND') return [];
      throw error;
    }
  }
`;

/** What a consumer does that subscribes in a runtime without WebSocket. @param url Of the gateway. */
export const subscribeProgram = (url: string): string => `
  delete globalThis.WebSocket;
  const { createGatewayClient } = await import('@attention-oracle/sdk/graphql');
  const gateway = createGatewayClient({ url: '${url}' });
  const first = async () => {
    for await (const { settlementUpdated } of gateway.settlementUpdated({})) return { epoch: settlementUpdated.epoch };
  };
  const result = await first().catch(({ code, message }) => ({ code, message }));
  await gateway.close();
  console.log(JSON.stringify(result));
`;
