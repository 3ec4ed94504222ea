/** Every destination of the workspace. */
export function Destinations() {
  return null
}
