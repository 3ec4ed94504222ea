import type { ReactNode } from 'react'
import { Button } from '../../kit/button'
import { Dialog } from '../../kit/dialog'
import { Actions, Form, Summary, TextArea } from '../../kit/fields'
import { useApiForm } from '../../kit/form'

interface Props {
  title: string
  /** What it does, and who is told. */
  children?: ReactNode
  /** Above the field. */
  label: string
  hint?: string
  /** The verb on the button. */
  action: string
  danger?: boolean
  optional?: boolean
  /** The field of the API that holds the words. */
  field: 'note' | 'reason'
  run: (words: string) => Promise<unknown>
  onClose: () => void
}

/** Asks for words that somebody will read, and does something with them. */
export function WordsDialog({ open, ...rest }: Props & { open: boolean }) {
  return (
    <Dialog title={rest.title} open={open} onClose={rest.onClose}>
      <Words {...rest} />
    </Dialog>
  )
}

function Words({ children, label, hint, action, danger, optional, field, run, onClose }: Props) {
  const form = useApiForm({
    values: { words: '' },
    field: (pointer) => (pointer === `/${field}` ? 'words' : undefined),
    send: async ({ words }) => {
      await run(words.trim())
      onClose()
    },
  })
  return (
    <Form onSubmit={form.submit}>
      {children && <div>{children}</div>}
      <Summary faults={form.faults} />
      <TextArea
        label={label}
        hint={hint}
        optional={optional}
        rows={5}
        autoFocus
        count={{ text: form.watch('words'), most: 2000 }}
        error={form.errors.words?.message}
        {...form.register('words', optional ? {} : { required: 'It cannot be done without these words.' })}
      />
      <Actions>
        <Button type="submit" look={danger ? 'danger' : 'primary'} busy={form.busy}>
          {action}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </Actions>
    </Form>
  )
}
