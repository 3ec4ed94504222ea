/** Sources and destinations: what came, what went. */
export function Delivery() {
  return null
}
