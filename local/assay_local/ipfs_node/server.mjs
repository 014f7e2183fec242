// A real IPFS node behind the Kubo RPC, for machines without Kubo.
//   node server.mjs <repository folder> [port]
// Listens on 127.0.0.1 only (port 0: any free one), prints one JSON line {"api": "http://127.0.0.1:<port>"} when it
// is ready, and stops on SIGTERM, SIGINT or when its standard input closes, so that it never outlives its parent.
import './polyfill.mjs'
import { once } from 'node:events'
import { blockCommands } from './blocks.mjs'
import { fileCommands } from './files.mjs'
import { createServer } from './http.mjs'
import { networkCommands } from './network.mjs'
import { startNode } from './node.mjs'
import { pinCommands } from './pinning.mjs'

const STOP_GRACE_MS = 3000

const [repository, port = '0'] = process.argv.slice(2)
if (!repository || !/^\d{1,5}$/.test(port)) {
  console.error('usage: node server.mjs <repository folder> [port]')
  process.exit(2)
}

const node = await startNode(repository).catch(error => {
  console.error(error.message)
  process.exit(1)
})
const server = createServer({ ...blockCommands, ...fileCommands, ...networkCommands, ...pinCommands }, node)
server.listen(Number(port), '127.0.0.1')
await once(server, 'listening')
console.log(JSON.stringify({ api: `http://127.0.0.1:${server.address().port}` }))

let stopping = false
async function stop () {
  if (stopping) return
  stopping = true
  setTimeout(() => process.exit(1), STOP_GRACE_MS).unref()
  server.close()
  server.closeIdleConnections()
  await node.helia.stop()
  process.exit(0)
}
process.on('SIGTERM', stop).on('SIGINT', stop)
process.stdin.on('end', stop).on('error', stop).resume()
