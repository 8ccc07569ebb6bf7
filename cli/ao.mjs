#!/usr/bin/env node
import { bootstrap } from '../bootstrap/bootstrap.mjs';

process.exitCode = await bootstrap('ao', process.argv.slice(2));
