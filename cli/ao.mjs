#!/usr/bin/env node
import { bootstrap } from '../deploy/bootstrap/bootstrap.mjs';

process.exitCode = await bootstrap('ao', process.argv.slice(2));
