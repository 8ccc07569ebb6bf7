module attention-oracle/verifier

go 1.24

require (
	github.com/hamba/avro/v2 v2.29.0
	github.com/mr-tron/base58 v1.2.0
	golang.org/x/crypto v0.40.0
)

require (
	github.com/go-viper/mapstructure/v2 v2.2.1 // indirect
	github.com/golang/snappy v1.0.0 // indirect
	github.com/json-iterator/go v1.1.12 // indirect
	github.com/klauspost/compress v1.18.0 // indirect
	github.com/modern-go/concurrent v0.0.0-20180306012644-bacd9c7ef1dd // indirect
	github.com/modern-go/reflect2 v1.0.2 // indirect
	golang.org/x/sys v0.34.0 // indirect
)
