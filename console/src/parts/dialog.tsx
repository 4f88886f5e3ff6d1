import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useState } from 'react';
import { texts } from '../texts.ts';

/** A dialog that is there for as long as it is shown; what opened it has the focus again afterwards. */
export function Dialog(props: Omit<ModalProps, 'opened' | 'closeButtonProps'>) {
  const [opener] = useState(() => document.activeElement);
  useEffect(
    () => () => {
      const isTaken = document.activeElement !== document.body;
      if (!isTaken && opener instanceof HTMLElement && opener.isConnected) opener.focus();
    },
    [opener],
  );
  return <Modal {...props} opened closeButtonProps={{ 'aria-label': texts.close }} />;
}
