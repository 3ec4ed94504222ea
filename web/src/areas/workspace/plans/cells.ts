import type { Fault } from '../../../api/client'
import { sentence } from '../../../kit/fields'

/** Where a fault of a file stands: the row as spreadsheets count, the column of a table, or the place in JSON. */
export function cellOf({ pointer, message, code }: Fault): { row?: number; column: string; said: string } {
  const table = /^\/(\d+)(?:\/(.+))?$/.exec(pointer ?? '')
  if (code === 'bad_cell' && table) {
    const said = sentence(message.replace(/^row \d+: /, ''))
    return { row: Number(table[1]), column: table[2] ?? '', said }
  }
  return { column: pointer ?? '', said: sentence(message) }
}
