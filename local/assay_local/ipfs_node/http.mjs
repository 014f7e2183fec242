// The HTTP side of the Kubo RPC: routing, typed options, limits, multipart bodies, errors in Kubo's form.
import http from 'node:http'
import busboy from 'busboy'
import { RpcError } from './errors.mjs'

const PREFIX = '/api/v0/'
const MAX_CONNECTIONS = 256
const MAX_HEADER_BYTES = 16 * 1024
const MAX_ARGUMENTS = 256
const MAX_PARTS = 100_000
const MAX_BODY_BYTES = 64 * 1024 ** 3
const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 3_600_000
const LOOPBACK = /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/

export const text = (value) => value
export const flag = (value) => {
  // the spellings of Go's ParseBool; the bare option is true
  if (/^(true|t|1|)$/i.test(value)) return true
  if (/^(false|f|0)$/i.test(value)) return false
  throw new RpcError(400, `not a boolean: ${value}`)
}
export const integer = (value) => {
  if (!/^\d{1,15}$/.test(value)) throw new RpcError(400, `not a whole number: ${value}`)
  return Number(value)
}
// For an option that means something only when it is on.
export const notImplemented = (value) => {
  if (flag(value)) throw new RpcError(400, 'a requested option is not implemented here')
  return false
}
export const oneOf = (...allowed) => (value) => {
  if (!allowed.includes(value)) throw new RpcError(400, `not implemented here: ${value} (only ${allowed.join(', ')})`)
  return value
}
const duration = (value) => {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(value) ?? []
  if (amount === undefined) throw new RpcError(400, `not a duration: ${value}`)
  return Number(amount) * { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[unit]
}

// Accepted by every command. `encoding` and `stream-channels` only have one sensible value over HTTP.
const GLOBAL_OPTIONS = { offline: flag, timeout: duration, encoding: oneOf('json'), 'stream-channels': flag }

export function createServer (commands, context) {
  const server = http.createServer({ maxHeaderSize: MAX_HEADER_BYTES, requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: HEADERS_TIMEOUT_MS })
  server.maxConnections = MAX_CONNECTIONS
  server.on('request', (request, response) => {
    serve(commands, context, request, response).catch(error => fail(request, response, error))
  })
  return server
}

async function serve (commands, context, request, response) {
  refuseBrowsers(request)
  const url = new URL(request.url, 'http://node')
  const command = url.pathname.startsWith(PREFIX) && commands[url.pathname.slice(PREFIX.length).replace(/\/$/, '')]
  if (!command) throw new RpcError(404, '404 page not found')
  const call = { request, response, ...parse(url.searchParams, command.options ?? {}) }
  const abort = new AbortController()
  response.on('close', () => abort.abort(new Error('client went away')))
  const timer = call.options.timeout !== undefined &&
    setTimeout(() => abort.abort(new RpcError(500, 'context deadline exceeded')), call.options.timeout)
  try {
    await command.run(context, { ...call, signal: abort.signal })
    if (!response.writableEnded) response.end()
  } finally {
    clearTimeout(timer)
  }
}

// Kubo's rule: only POST, and nothing that a web page could have sent or rebound a name for.
function refuseBrowsers (request) {
  if (request.method !== 'POST') throw new RpcError(405, '405 - Method Not Allowed')
  if (request.headers.origin || !LOOPBACK.test(request.headers.host ?? '')) throw new RpcError(403, '403 - Forbidden')
}

function parse (parameters, commandOptions) {
  const known = { ...GLOBAL_OPTIONS, ...commandOptions }
  const args = parameters.getAll('arg')
  if (args.length > MAX_ARGUMENTS) throw new RpcError(400, `more than ${MAX_ARGUMENTS} arguments`)
  const options = {}
  for (const [name, value] of parameters) {
    if (name === 'arg') continue
    if (!Object.hasOwn(known, name)) throw new RpcError(400, `option ${JSON.stringify(name)} is not implemented here`)
    options[name] = known[name](value)
  }
  return { args, options }
}

function fail (request, response, error) {
  if (response.headersSent) return response.destroy(error)
  const status = error instanceof RpcError ? error.status : 500
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' })
  response.end(JSON.stringify({ Message: error.message, Code: 0, Type: 'error' }))
  request.resume()
}

export function writeJson (response, value) {
  if (!response.headersSent) response.writeHead(200, { 'content-type': 'application/json' })
  response.write(JSON.stringify(value) + '\n')
}

// Writes a byte stream at the pace of its reader.
export async function writeBytes (response, chunks, type = 'application/octet-stream') {
  for await (const chunk of chunks) {
    if (!response.headersSent) response.writeHead(200, { 'content-type': type, 'x-content-type-options': 'nosniff' })
    if (!response.write(chunk)) await drained(response)
  }
  if (!response.headersSent) response.writeHead(200, { 'content-type': type })
}

const drained = (response) => new Promise((resolve, reject) => {
  const done = () => {
    response.off('drain', done).off('close', done)
    if (response.destroyed) reject(new Error('client went away'))
    else resolve()
  }
  response.on('drain', done).on('close', done)
})

// The parts of a multipart body in order: { name, type, content }. A part's content must be read before the next.
export async function * parts (request) {
  let parser
  try {
    parser = busboy({ headers: request.headers, preservePath: true, limits: { parts: MAX_PARTS, headerPairs: 32 } })
  } catch (error) {
    throw new RpcError(400, error.message)
  }
  const queue = []
  let wake = () => {}
  const push = (item) => { queue.push(item); wake() }
  let received = 0
  request.on('data', chunk => {
    received += chunk.length
    if (received > MAX_BODY_BYTES) request.destroy(new RpcError(413, `a request may carry ${MAX_BODY_BYTES} bytes`))
  })
  parser.on('file', (_, content, { filename, mimeType }) => push({ name: unescapeName(filename), type: mimeType, content }))
  parser.on('partsLimit', () => push(new RpcError(413, `more than ${MAX_PARTS} parts`)))
  parser.on('error', error => push(new RpcError(400, error.message)))
  parser.on('close', () => push(undefined))
  request.on('error', push).on('aborted', () => {
    const error = new Error('request was cut short')
    push(error)
    parser.destroy(error)
  })
  request.pipe(parser)
  while (true) {
    while (queue.length === 0) await new Promise(resolve => { wake = resolve })
    const item = queue.shift()
    if (item === undefined) return
    if (item instanceof Error) throw item
    yield item
  }
}

function unescapeName (filename) {
  try {
    return decodeURIComponent(filename ?? '')
  } catch {
    throw new RpcError(400, 'a file name is not valid percent-encoding')
  }
}
