// A failure that the client is told about in Kubo's form.
export class RpcError extends Error {
  constructor (status, message) {
    super(message)
    this.status = status
  }
}
