import { describe, expect, it } from '@jest/globals';
import { containerSpec } from './container-spec.ts';

describe('the containers of the stack', () => {
  it('tell clients the port that is published, not the one inside', () => {
    const kafka = containerSpec('kafka', 29_092, 'secret');
    expect(kafka.env.KAFKA_ADVERTISED_LISTENERS).toBe('PLAINTEXT://127.0.0.1:29092');
    expect(kafka.address).toBe('127.0.0.1:29092');
    expect(containerSpec('registry', 28_081, 'secret').address).toBe('http://127.0.0.1:28081/apis/ccompat/v7');
  });

  it('give the database the password that its address has', () => {
    const postgres = containerSpec('postgres', 25_432, 'secret');
    expect(postgres.env.POSTGRES_PASSWORD).toBe('secret');
    expect(new URL(postgres.address)).toMatchObject({
      password: 'secret',
      port: '25432',
      pathname: '/attention_oracle',
    });
  });
});
