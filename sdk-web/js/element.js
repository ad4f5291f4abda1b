// Asks elements by the prototype's methods: a form hides its own behind fields of the same name,
// and the prototype's cannot be hidden.
const { getAttribute, matches } = Element.prototype;

export const attribute = (node, name) => getAttribute.call(node, name);
export const is = (node, selector) => matches.call(node, selector);

// A selector of these roles.
export const roles = (names) => names.split(" ").map((name) => `[role=${name}]`).join();
