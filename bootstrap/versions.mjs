/** Versions of everything that the bootstrap provisions, in one place. */
export const versions = Object.freeze({
  nodeMinimum: '22.18.0',
  nodeProvisioned: '24',
  javaMinimum: 17,
  mavenPackage: '3.5.0',
  kafkaScala: '2.13',
  kafka: '4.4.0',
  log4jBinding: '2.25.5',
  registry: '3.0.9',
  litesvm: '1.5.0',
});
