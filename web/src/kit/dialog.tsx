import { type ReactNode, useState } from 'react'
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import type { Fault } from '../api/client'
import { Button } from './button'
import css from './dialog.module.css'
import { Actions, Summary, TextField } from './fields'
import { failureFaults } from './form'

/** Asks for something in front of the page. Escape and a press outside close it; focus goes back where it was. */
export function Dialog({
  title,
  open,
  onClose,
  wide,
  children,
}: {
  title: string
  open: boolean
  onClose: () => void
  wide?: boolean
  children: ReactNode
}) {
  return (
    <ModalOverlay
      className={css.overlay!}
      isOpen={open}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      isDismissable
    >
      <Modal className={wide ? `${css.modal} ${css.wide}` : css.modal!}>
        <AriaDialog className={css.dialog!}>
          <Heading slot="title" level={2} className={css.title!}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  )
}

/** Asks once more before something is destroyed; `typed` has to be typed first where nothing brings it back. */
export function Confirm({
  title,
  open,
  onClose,
  action,
  typed,
  run,
  children,
}: {
  title: string
  open: boolean
  onClose: () => void
  /** The verb on the button. */
  action: string
  typed?: string
  run: () => Promise<unknown>
  children: ReactNode
}) {
  const [text, setText] = useState('')
  const [busy, setBusy] = useState(false)
  const [faults, setFaults] = useState<Fault[]>([])
  const close = () => {
    setText('')
    setFaults([])
    onClose()
  }
  const ready = typed === undefined || text === typed
  return (
    <Dialog title={title} open={open} onClose={close}>
      <form
        style={{ display: 'contents' }}
        onSubmit={async (event) => {
          event.preventDefault()
          if (!ready || busy) return
          setBusy(true)
          try {
            await run()
            close()
          } catch (error) {
            setFaults(failureFaults(error))
          } finally {
            setBusy(false)
          }
        }}
      >
        <div>{children}</div>
        <Summary faults={faults} />
        {typed !== undefined && (
          <TextField
            label={
              <>
                Type <code>{typed}</code> to confirm
              </>
            }
            mono
            autoComplete="off"
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
        )}
        <Actions>
          <Button type="submit" look="danger" busy={busy} disabled={!ready}>
            {action}
          </Button>
          <Button onClick={close}>Cancel</Button>
        </Actions>
      </form>
    </Dialog>
  )
}
