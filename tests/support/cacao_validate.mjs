// SPDX-License-Identifier: Apache-2.0
// usage: cacao_validate.mjs DIR FILE …
// Validates CACAO playbooks against the schemas that OASIS publishes (oasis-open/cacao-json-schemas): DIR holds its folder
// schemas/ and ajv (npm install ajv@8). Two faults of the schemas are worked around: they say draft-07 but mean 2019-09
// (unevaluatedProperties), and commands/command-data.json closes itself, so that no command could have a "command".
import { readFileSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'

const [dir, ...files] = process.argv.slice(2)
const Ajv = createRequire(join(resolve(dir), 'x.js'))('ajv/dist/2019').default
const ajv = new Ajv({ strict: false, allErrors: true })
let root
for (const file of readdirSync(join(dir, 'schemas'), { recursive: true })) {
  if (!file.endsWith('.json')) continue
  const schema = JSON.parse(readFileSync(join(dir, 'schemas', file), 'utf8'))
  delete schema.$schema
  if (file.endsWith('command-data.json')) delete schema.unevaluatedProperties
  ajv.addSchema(schema)
  if (file === 'playbook.json') root = schema.$id
}
const validate = ajv.getSchema(root)
let bad = 0
for (const file of files) {
  if (validate(JSON.parse(readFileSync(file, 'utf8')))) continue
  bad++
  console.log(file, JSON.stringify(validate.errors.slice(0, 5), null, 1))
}
process.exitCode = bad ? 1 : 0
