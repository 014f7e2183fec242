// The version of the form of what lies in the node's folder.
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'

const VERSION = 1

// Marks the folder with the version. A folder of a later version is refused before anything in it is opened.
export async function claim (repository) {
  const file = path.join(repository, 'version')
  try {
    const found = Number(await readFile(file, 'utf8'))
    if (found !== VERSION) throw new Error(`A newer program wrote ${repository} (version ${found}). Update Assay.`)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    await mkdir(repository, { recursive: true })
    const temporary = `${file}.${randomUUID()}.tmp`
    await writeFile(temporary, `${VERSION}\n`)
    await rename(temporary, file)
  }
}
