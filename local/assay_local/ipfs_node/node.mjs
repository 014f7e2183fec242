// The IPFS node itself: Helia with bitswap over TCP on the loopback interface, no bootstrap peers, no gateways.
import path from 'node:path'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { LevelDatastore } from 'datastore-level'
import { createHeliaLight } from 'helia'
import { AtomicBlockstore } from './blockstore.mjs'
import { Dag } from './dag.mjs'
import { SharedLock } from './lock.mjs'
import { Pins } from './pins.mjs'
import { claim } from './repository.mjs'

export async function startNode (repository) {
  await claim(repository)
  const local = new AtomicBlockstore(path.join(repository, 'blocks'))
  const datastore = new LevelDatastore(path.join(repository, 'datastore'))
  await local.open()
  await datastore.open()
  const helia = withBitswap(withLibp2pLight(createHeliaLight({ blockstore: local, datastore }), {
    addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() }
  }))
  await helia.start()
  const dag = new Dag(helia, local)
  return { helia, local, dag, pins: new Pins(datastore, local, dag), lock: new SharedLock() }
}
