import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Text that metas have in common; deflate refers to it, so a stored meta is a few hundred bytes. */
const DICTIONARY = Buffer.from(
  [
    '{"computeUnitsConsumed":,"err":{"InstructionError":[0,{"Custom":6006}]},"err":null,"fee":5000,"innerInstructions":[]',
    '"innerInstructions":[{"index":0,"instructions":[{"accounts":[0,4,0,7,5,9],"data":"1","programIdIndex":6,"stackHeight":2}',
    '{"accounts":[7],"data":"84eT","programIdIndex":9,"stackHeight":3},{"accounts":[4],"data":"P","programIdIndex":9',
    '"loadedAddresses":{"writable":[],"readonly":[]},"logMessages":["Program ',
    'ComputeBudget111111111111111111111111111111 invoke [1]","Program ComputeBudget111111111111111111111111111111 success"',
    '"Program log: AnchorError thrown in token-2022/src/instructions/channel.rs. Error Code: AlreadyClaimed. Error Number: 6006. Error Message: Already claimed."',
    'failed: custom program error: 0x1776"',
    '"Program GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop invoke [1]","Program log: Instruction: SetChannelMerkleRoot",',
    '"Program log: Creating channel state account","Program 11111111111111111111111111111111 invoke [2]",',
    '"Program 11111111111111111111111111111111 success","Program log: Account created and initialized",',
    '"Program log: channel_state raw len 1782","Program log: channel_state body len 1774",',
    '"Program log: ChannelState sizeof 1774","Program log: channel_state cast ok","Program log: writing slot 1",',
    '"Program log: Instruction: ClaimChannelOpen","Program ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL invoke [2]",',
    '"Program log: Create","Program log: Instruction: GetAccountDataSize","Program return: TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb tgAAAAAAAAA=",',
    '"Program log: Initialize the associated token account","Program log: Instruction: InitializeImmutableOwner",',
    '"Program log: Instruction: InitializeAccount3","Program ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL success",',
    '"Program TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb invoke [2]","Program log: Instruction: TransferChecked",',
    '"Program TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb consumed 3086 of  compute units",',
    '"Program TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb success",',
    '"Program GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop consumed  of 200000 compute units",',
    '"Program GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop success"],"postBalances":[20000000000,13293600,1872240,2157600,2157600,1,731913600,2825760,1141440],',
    '"postTokenBalances":[{"accountIndex":3,"mint":"","owner":"","programId":"TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",',
    '"uiTokenAmount":{"amount":"000000000","decimals":9,"uiAmount":0000,"uiAmountString":"0000"}}],"preBalances":[],',
    '"preTokenBalances":[],"returnData":{"data":["","base64"],"programId":"TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"},"rewards":[],"status":{"Ok":null}}',
  ].join(''),
);

/** A small window: metas are short, and setting up a large one costs more than it saves. */
const OPTIONS = { dictionary: DICTIONARY, windowBits: 13, memLevel: 6 };

/** JSON text of a meta, packed for keeping. */
export function packMeta(text: string): Uint8Array {
  return deflateRawSync(text, OPTIONS);
}

/** The text that packMeta was given. */
export function unpackMeta(packed: Uint8Array): string {
  return inflateRawSync(packed, OPTIONS).toString('utf8');
}
