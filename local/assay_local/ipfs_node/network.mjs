// Commands on the node and its peers: version, id, swarm/*.
import { multiaddr } from '@multiformats/multiaddr'
import { RpcError } from './errors.mjs'
import { writeJson } from './http.mjs'

const RPC_VERSION = '0.40.0' // the Kubo whose RPC this speaks

async function version ({ helia }, { response }) {
  writeJson(response, { Version: RPC_VERSION, Commit: `helia-${helia.info.version}`, Repo: '16', System: `${process.arch}/${process.platform}` })
}

async function id ({ helia }, { response }) {
  const { peerId } = helia.libp2p
  writeJson(response, {
    ID: peerId.toString(),
    Addresses: helia.libp2p.getMultiaddrs().map(String),
    AgentVersion: `helia/${helia.info.version}`,
    Protocols: helia.libp2p.getProtocols(),
    PublicKey: Buffer.from(peerId.publicKey.raw).toString('base64'),
    ProtocolVersion: 'ipfs/0.1.0'
  })
}

async function connect ({ helia }, { args, response, signal }) {
  const strings = []
  for (const address of args) {
    try {
      const connection = await helia.libp2p.dial(multiaddr(address), { signal })
      strings.push(`connect ${connection.remotePeer} success`)
    } catch (error) {
      throw new RpcError(500, `connect ${address.slice(0, 200)} failure: ${error.message}`)
    }
  }
  writeJson(response, { Strings: strings })
}

async function peers ({ helia }, { response }) {
  const connections = helia.libp2p.getConnections()
  writeJson(response, {
    Peers: connections.map(({ remoteAddr, remotePeer }) => ({ Addr: String(remoteAddr), Peer: String(remotePeer) }))
  })
}

export const networkCommands = {
  version: { run: version },
  id: { run: id },
  'swarm/connect': { run: connect },
  'swarm/peers': { run: peers }
}
