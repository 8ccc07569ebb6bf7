module attention-oracle/verifier

go 1.24
