import { useState } from 'react'
import css from './logo.module.css'

/** The mark of an integration; without one, or where it is not to be had, its first letters. Always by `<img>`: it is somebody else's drawing. */
export function Logo({ name, src, size = 34 }: { name: string; src?: string | null; size?: number }) {
  const [failed, setFailed] = useState<string>()
  if (src && src !== failed) {
    return (
      <img
        className={css.logo}
        src={sameOrigin(src)}
        alt=""
        width={size}
        height={size}
        onError={() => setFailed(src)}
      />
    )
  }
  const letters = name
    .split(/\s+/)
    .map((word) => word[0])
    .slice(0, 2)
    .join('')
    .toUpperCase()
  return (
    <span className={css.letters} style={{ inlineSize: size, blockSize: size }} aria-hidden>
      {letters}
    </span>
  )
}

/** The API writes whole addresses; pictures come from where this page came from. */
function sameOrigin(address: string): string {
  const url = new URL(address, location.origin)
  return url.pathname + url.search
}
