/** The Attention Oracle program's address (base58). It never changes. */
export const PROGRAM_ID = 'GnGzNdsQMxMpJfMeqnkGPsvHm8kwaDidiKjNU2dCVZop';

/** The system program's address (base58). */
export const SYSTEM_PROGRAM_ID = '11111111111111111111111111111111';

/** Token-2022, the token program of every mint the program serves (base58). */
export const TOKEN_2022_PROGRAM_ID = 'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb';

/** The program that owns the rule for associated token accounts (base58). */
export const ASSOCIATED_TOKEN_PROGRAM_ID = 'ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL';
