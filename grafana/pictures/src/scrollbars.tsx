// In the place of react-custom-scrollbars-2: a picture does not scroll.
import React, { forwardRef, useImperativeHandle, useRef } from 'react';

const Scrollbars = forwardRef<unknown, { children?: React.ReactNode; style?: React.CSSProperties }>(({ children, style }, ref) => {
  const div = useRef<HTMLDivElement>(null);
  useImperativeHandle(ref, () => ({ view: div.current, scrollToBottom() {}, scrollTop() {} }));
  return <div ref={div} style={{ overflow: 'hidden', height: '100%', ...style }}>{children}</div>;
});
export { Scrollbars };
export default Scrollbars;
