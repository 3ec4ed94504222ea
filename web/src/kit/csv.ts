/** Rows as CSV (RFC 4180). What a spreadsheet would take for a formula is written as text. */
export function csv(rows: (string | number)[][]): string {
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** Lets the browser save a file. */
export function save(name: string, content: Blob) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

/** "2026-11-29--23-14-utc", as names of files have it. */
export const fileStamp = (now: Date) =>
  `${now.toISOString().slice(0, 10)}--${now.toISOString().slice(11, 16).replace(':', '-')}-utc`
