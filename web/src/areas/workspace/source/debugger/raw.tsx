import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { Copy } from '../../../../kit/copy'
import { Muted } from '../../../../kit/page'
import { isShortcut } from '../../../../kit/shortcuts'
import type { Opened } from './data'
import css from './debugger.module.css'
import { type Line, lines, unquote } from './json'

const LINE = 20

/** The message as it is stored: white space is ours, everything else the sender's. */
export function Raw({
  opened,
  onNarrow,
}: {
  opened: Opened
  /** Asks for messages with this value. */
  onNarrow: (pointer: string, value: string, written: string) => void
}) {
  const [sorted, setSorted] = useState(false)
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set())
  const [current, setCurrent] = useState(0)
  const box = useRef<HTMLDivElement>(null)
  const { json, text } = opened
  const shown = useMemo(() => (json ? lines(json, { sorted, folded }) : []), [json, sorted, folded])
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE,
    overscan: 20,
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: another message begins anew.
  useEffect(() => {
    setFolded(new Set())
    setCurrent(0)
  }, [text])

  const foldAll = () =>
    setFolded(
      folded.size > 0
        ? new Set()
        : new Set(shown.filter((line) => line.folded === false && line.depth > 0).map((l) => l.pointer)),
    )
  const all = useRef(foldAll)
  all.current = foldAll
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key === 'e' && isShortcut(event)) all.current()
    }
    addEventListener('keydown', press)
    return () => removeEventListener('keydown', press)
  }, [])

  if (!json) {
    return text === '' ? (
      <p className={css.pad}>
        <Muted>Nothing of it is kept.</Muted>
      </p>
    ) : (
      <div className={css.raw}>
        <div className={css.rawBar}>
          <Muted>Not JSON; as it was received, as far as it is kept</Muted>
          <Copy text={text} what="body" />
        </div>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so keys must reach it. */}
        <pre className={css.plain} tabIndex={0} aria-label="Body" role="region">
          {text}
        </pre>
      </div>
    )
  }

  const fold = (pointer: string, close: boolean) => {
    const next = new Set(folded)
    if (close) next.add(pointer)
    else next.delete(pointer)
    setFolded(next)
  }
  const act = (line: Line) => {
    if (line.folded !== undefined) fold(line.pointer, !line.folded)
    else if (narrows(line)) onNarrow(line.pointer, spoken(line), line.written ?? line.text)
  }
  const walk = (event: React.KeyboardEvent) => {
    const line = shown[current]
    const go = (to: number) => {
      const next = Math.max(0, Math.min(shown.length - 1, to))
      setCurrent(next)
      virtual.scrollToIndex(next)
    }
    switch (event.key) {
      case 'ArrowDown':
        go(current + 1)
        break
      case 'ArrowUp':
        go(current - 1)
        break
      case 'Home':
        go(0)
        break
      case 'End':
        go(shown.length - 1)
        break
      case 'ArrowLeft':
        if (line?.folded === false) fold(line.pointer, true)
        else if (line) {
          const parent = line.pointer.slice(0, line.pointer.lastIndexOf('/'))
          go(shown.findIndex((each) => each.pointer === parent))
        }
        break
      case 'ArrowRight':
        if (line?.folded) fold(line.pointer, false)
        break
      case 'Enter':
        if (line) act(line)
        break
      default:
        return
    }
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <div className={css.raw}>
      <div className={css.rawBar}>
        <label className={css.inline}>
          <input type="checkbox" checked={sorted} onChange={(event) => setSorted(event.target.checked)} />
          Sort keys
        </label>
        <button type="button" className={css.word} onClick={foldAll}>
          {folded.size > 0 ? 'Unfold all' : 'Fold all'}
        </button>
        <Muted>{text.length.toLocaleString()} characters as stored</Muted>
        <Copy text={text} what="JSON as stored" />
      </div>
      <div ref={box} className={css.code}>
        <div
          role="tree"
          aria-label="Payload: left and right fold, Enter filters by a value"
          tabIndex={0}
          aria-activedescendant={`line-${current}`}
          onKeyDown={walk}
          style={{ blockSize: virtual.getTotalSize(), position: 'relative' }}
        >
          {virtual.getVirtualItems().map(({ index, start }) => {
            const line = shown[index]!
            return (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys.
              <div
                key={index}
                id={`line-${index}`}
                role="treeitem"
                tabIndex={-1}
                aria-level={line.depth + 1}
                aria-expanded={line.folded === undefined ? undefined : !line.folded}
                aria-selected={index === current}
                className={css.line}
                style={{ transform: `translateY(${start}px)` }}
                onClick={() => {
                  setCurrent(index)
                  if (line.folded !== undefined) act(line)
                }}
              >
                <span className={css.number} aria-hidden>
                  {index + 1}
                </span>
                <span className={css.caret} aria-hidden>
                  {line.folded === undefined ? '' : line.folded ? '▸' : '▾'}
                </span>
                <span style={{ paddingInlineStart: line.depth * 16 }}>
                  {line.key && (
                    <>
                      <span className={css.key}>{line.key}</span>:{' '}
                    </>
                  )}
                  {narrows(line) ? (
                    <button
                      type="button"
                      tabIndex={-1}
                      className={`${css.value} ${css[line.kind]}`}
                      title="Show messages with this value"
                      onClick={(event) => {
                        // A click that ends a selection of text selects text.
                        if (getSelection()?.isCollapsed === false) return
                        event.stopPropagation()
                        act(line)
                      }}
                    >
                      {line.text}
                    </button>
                  ) : (
                    line.text
                  )}
                  {line.comma && ','}
                  {line.folded && (
                    <span className={css.size}>
                      {' '}
                      {line.size} {line.size === 1 ? 'entry' : 'entries'}
                    </span>
                  )}
                </span>
              </div>
            )
          })}
        </div>
      </div>
    </div>
  )
}

const narrows = (line: Line) => line.kind === 'string' || line.kind === 'number' || line.kind === 'word'
const spoken = (line: Line) => (line.kind === 'string' ? unquote(line.text) : line.text)
